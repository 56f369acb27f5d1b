"""Everything that speaks HTTP on behalf of the controllers."""
