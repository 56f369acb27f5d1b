"""The use cases of identity: who is asking, and giving a credential back."""
