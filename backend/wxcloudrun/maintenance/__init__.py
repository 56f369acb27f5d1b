"""What an administrator lets the service do to itself: collect, sweep, check."""
