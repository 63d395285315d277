"""`mare local`: the operator's loop scales processes of this machine instead of Pods."""
