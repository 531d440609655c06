"""`python -m tunesmith._cli` is the `tunesmith` command."""

from tunesmith._cli.main import main

main()
