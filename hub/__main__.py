"""``python -m hub`` is the command ``inlay``."""

from hub.cli import main

if __name__ == "__main__":
    main(prog_name="inlay")
