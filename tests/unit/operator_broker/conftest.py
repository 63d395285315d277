from tests.unit.operator_broker.broker_stage import play

__all__ = ["play"]
