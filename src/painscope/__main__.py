"""``python -m painscope`` is ``painscope``."""

from painscope.cli import main

if __name__ == "__main__":
    main()
