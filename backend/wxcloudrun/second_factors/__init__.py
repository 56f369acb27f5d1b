"""Second factors: the codes that people need at a login beside their password or WeChat."""
