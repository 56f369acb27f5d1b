"""The description of the API (OpenAPI 3.1), made from the endpoint rows and the models that validate."""
