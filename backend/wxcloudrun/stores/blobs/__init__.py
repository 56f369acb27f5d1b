"""Where the bytes lie: one port, a local directory and an S3 server behind it."""
