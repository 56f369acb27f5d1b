"""The unit tests of the API, which these links lead to, on MySQL with migrations and on S3."""
