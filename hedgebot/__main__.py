"""`python -m hedgebot`."""

from hedgebot.cli import main

if __name__ == "__main__":
    main()
