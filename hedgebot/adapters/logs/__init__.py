"""What is said on standard error: one canonical line per decision, no secret anywhere.

redaction  what may never be read
lines      a decision as a flat line
render     the line as JSON, or for a person
output     structlog and the standard library's loggers, bounded, through both
"""

from hedgebot.adapters.logs.lines import decision_line
from hedgebot.adapters.logs.output import Style, configure
from hedgebot.adapters.logs.redaction import Redactor, url_secrets

__all__ = ["Redactor", "Style", "configure", "decision_line", "url_secrets"]
