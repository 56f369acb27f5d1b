"""What tests share: a client that distrusts every answer, and builders of what a test starts from."""
