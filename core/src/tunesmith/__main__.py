"""`python -m tunesmith` is the `tunesmith` command."""

from tunesmith._cli.main import main

main()
