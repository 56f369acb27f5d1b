"""What the service tells an operator about itself: figures for people and for Prometheus."""
