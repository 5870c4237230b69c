"""The metric that a representation puts on the parameters of a synthesizer."""

from chirplib.metric.forms import ellipses, metric, quadratic_form
from chirplib.metric.jacobians import features_and_jacobian, jacobian

__all__ = ["ellipses", "features_and_jacobian", "jacobian", "metric", "quadratic_form"]
