"""YAML files with the line of each value, checked by a JSON schema.

`mare convert`, `mare local`, `mare simulate` and `mare explain` read their files through this
package. All mistakes of a file are reported together, each with its line.
"""
