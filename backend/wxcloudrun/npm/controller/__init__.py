"""HTTP in, HTTP out, as npm, pnpm and yarn speak it; decides nothing."""

ROOT = "/npm"
