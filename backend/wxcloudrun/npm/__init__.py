"""npm's protocol: what npm, pnpm and yarn install from and publish to, unmodified."""
