"""What can be decided about versions without asking anything: their names, their order, ranges, choices.

names     what a version may be called
places    what all schemes have in common: a place in an order, and the block of versions around a name
general   SemVer and PEP 440 in one order
debian    the order of dpkg
rpm       the order of rpm
schemes   which scheme a version belongs to
ranges    the grammar of ranges, and what a range admits in a scheme
choices   which version of a package `latest` or a range means
"""
