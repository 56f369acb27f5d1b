"""What has been worked out once and may be used again: in this process, or in Redis for all of them."""
