"""WeChat: getting in by the mini-program, and binding it to an account."""
