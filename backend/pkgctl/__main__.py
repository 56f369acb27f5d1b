"""`python -m pkgctl`."""

from pkgctl.main import main

main()
