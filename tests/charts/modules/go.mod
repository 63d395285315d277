// CustomResourceDefinitions of other projects, as their modules carry them. There is no code.
module definitions

go 1.25.0

require (
	github.com/prometheus-operator/prometheus-operator v0.85.0
	github.com/rabbitmq/cluster-operator/v2 v2.16.0
	sigs.k8s.io/gateway-api v1.4.0
)
