"""`python -m syned`."""

from syned.cli import main

if __name__ == "__main__":
    main()
