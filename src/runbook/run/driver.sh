# Reads lines: "+BASE64" adds to a script, "=A B T G" runs it, told apart by the marker AB; it may last T seconds, then
# TERM, and KILL after G more. "kNAME" takes the next line as a secret. Arguments: the two halves of the first marker.
exec 9>&1 2>&1
__qd_q=0
if [ -t 0 ]; then stty -echo 2>/dev/null || __qd_q=1; fi
if [ "$(printf eA== | base64 -d 2>/dev/null)" = x ]; then
  __qd_d() { base64 -d; }
else
  __qd_d() { openssl base64 -d -A; }
fi
export PAGER=cat GIT_PAGER=cat SYSTEMD_PAGER=cat AWS_PAGER=
unset BASH_ENV ENV
# Going on behind a command that was ended would run the rest of its line.
trap 'exit 143' TERM
__qd_say() { printf '\033]5577;%s;%s\007' "$__qd_n" "$1" >&9; }
# What a step has left running ends with the shell; only bash gave it a group of its own.
__qd_k=
__qd_end() {
  for __qd_p in $__qd_k; do
    kill -TERM -- "-$__qd_p" 2>/dev/null || { pkill -TERM -P "$__qd_p"; kill -TERM "$__qd_p"; } 2>/dev/null
  done
}
trap '__qd_c=$?; __qd_end; __qd_say "x;$__qd_c"' EXIT
__qd_guard() {
  trap '' TERM INT HUP
  trap 'kill -9 $__qd_s 2>/dev/null; exit 0' USR1
  sleep "$1" & __qd_s=$!
  wait $__qd_s
  kill -TERM 0
  sleep "$2" & __qd_s=$!
  wait $__qd_s
  kill -KILL 0
}
__qd_n=$1$2
set --
__qd_b=
__qd_say "r;$__qd_q"
while IFS= read -r __qd_l; do
  case $__qd_l in
  +*) __qd_b=$__qd_b${__qd_l#+} ;;
  k*)
    if [ -n "$BASH_VERSION" ]; then IFS= read -rs __qd_x; else IFS= read -r __qd_x; fi
    __qd_x=$(printf %s "$__qd_x" | __qd_d; printf x)
    export "${__qd_l#k}=${__qd_x%x}"
    __qd_x= ;;
  =*)
    # By hand: a script may have changed how words are split.
    __qd_l=${__qd_l#=} __qd_w=
    __qd_n=${__qd_l%% *} __qd_l=${__qd_l#* }
    __qd_n=$__qd_n${__qd_l%% *} __qd_l=${__qd_l#* }
    __qd_x=$(printf %s "$__qd_b" | __qd_d; printf x)
    __qd_b=
    if [ "${__qd_l%% *}" -gt 0 ]; then
      # A child of another shell: a script's own `wait` is not for it.
      __qd_w=$( (exec </dev/null >/dev/null 2>&1 9>&-; __qd_guard "${__qd_l%% *}" "${__qd_l##* }") & echo $!)
    fi
    __qd_say b
    eval "${__qd_x%x}" </dev/null
    __qd_c=$?
    { set +eux; } 2>/dev/null
    if [ -n "$__qd_w" ]; then kill -USR1 "$__qd_w" 2>/dev/null; fi
    __qd_say "e;$__qd_c" ;;
  esac
done
