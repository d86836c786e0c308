"""What this machine and this installation can do, what is broken, and how to mend it."""

from deeplabcut.doctor.examination import doctor
from deeplabcut.doctor.report import Check, Report, Status

__all__ = ["Check", "Report", "Status", "doctor"]
