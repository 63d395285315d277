# write_users USERS FOLDER FILE: definitions of the users that USERS lists, one a line with its tags,
# and whose passwords are in FOLDER.
write_users() {
    separator='{"users": ['
    while read -r name tags; do
        password=$(cat "$2/$name-password")
        case $password in
            '') refuse "The password of user $name is empty." ;;
            *[[:cntrl:]]*) refuse "The password of user $name contains a control character." ;;
        esac
        escaped=$(printf '%s' "$password" | sed -e 's/\\/\\\\/g' -e 's/"/\\"/g')
        printf '%s{"name": "%s", "password": "%s", "tags": %s}' "$separator" "$name" "$escaped" "$tags"
        separator=', '
    done < "$1" > "$3"
    echo ']}' >> "$3"
}
