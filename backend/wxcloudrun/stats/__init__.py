"""What the service is doing: figures for administrators, and metrics for Prometheus."""
