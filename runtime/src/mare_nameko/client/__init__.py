"""A client for Nameko services: many threads share one AMQP connection.

::

    client = RpcClient(Options(amqp_uri=AmqpUri("amqp://guest:guest@localhost/")))
    client.call("greeter.hello", "Ana", timeout=5.0)

The services may be stock Nameko services.
"""

from mare_nameko.addresses import AmqpUri as AmqpUri
from mare_nameko.addresses import TlsFiles as TlsFiles
from mare_nameko.client.client import RpcClient as RpcClient
from mare_nameko.client.errors import BadReply as BadReply
from mare_nameko.client.errors import BrokerInAlarm as BrokerInAlarm
from mare_nameko.client.errors import CallTimedOut as CallTimedOut
from mare_nameko.client.errors import Disconnected as Disconnected
from mare_nameko.client.errors import Overloaded as Overloaded
from mare_nameko.client.errors import RemoteError as RemoteError
from mare_nameko.client.errors import RpcError as RpcError
from mare_nameko.client.errors import ServiceUnavailable as ServiceUnavailable
from mare_nameko.client.options import Options as Options
from mare_nameko.client.subscription import EventSubscription as EventSubscription
