"""A stock Celery worker that wipes devices, for the control of the campaigns."""

import os

from tests.faults.stock_app import make_app, work
from tests.faults.wipe import wipe

if __name__ == "__main__":
    work(make_app(os.environ["EXCONN_BROKER_URL"], wipe))
