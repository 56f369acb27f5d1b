"""What keeps state outside of a process, each behind a port: bytes, the cache, counters and the queue."""
