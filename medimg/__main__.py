"""`python -m medimg` is `medimg`."""

from medimg.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
