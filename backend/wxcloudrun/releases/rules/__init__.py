"""What can be decided about releases without asking anything: where bytes may come from, what a log keeps."""
