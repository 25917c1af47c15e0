# Reads lines: "+BASE64" adds to a script, "=A B K T G L" runs it, told apart by the marker AB, its end known by the key K; it
# may last T seconds, then TERM, and KILL after G more. It is whole if L characters came and marker and key stand at its end.
# "kNAME L" takes the lines "-BASE64" behind it as a secret, which is whole if L characters came and its name stands at its
# end. Arguments: the two halves of the first marker.
# The line that starts this (see LOOP) runs what __qd_next has found: on a first line, so that a shell counts the lines of a
# script and not these. What is run has the key in it, read before the script begins, and no variable has it then.
# What it says goes another way than a script's output: in bash by a number that no script has for itself.
case $BASH_VERSION in
'' | [1-3].* | 4.0*) exec 7>&1; __qd_out=7 ;;
*) eval 'exec {__qd_out}>&1' ;;
esac
exec 2>&1
__qd_q=0
if [ -t 0 ]; then stty -echo 2>/dev/null || __qd_q=1; fi
# A script may change PATH, or what a name means: the driver's own commands stay what they were.
__qd_at() {
  __qd_x=$(command -v "$1" || echo "$1")
  case $__qd_x in
  /*) ;;
  */*) __qd_x=$PWD/$__qd_x ;;
  esac
}
__qd_at printf
__qd_o=$__qd_x
__qd_at sleep
__qd_z=$__qd_x
__qd_at base64
__qd_t=$__qd_x
if [ "$(printf eA== | "$__qd_t" -d 2>/dev/null)" = x ]; then
  __qd_d() { command "$__qd_t" -d; }
else
  __qd_at openssl
  __qd_t=$__qd_x
  __qd_d() { command "$__qd_t" base64 -d -A; }
  [ "$(printf eA== | __qd_d 2>/dev/null)" = x ] || __qd_t=
fi
export PAGER=cat GIT_PAGER=cat SYSTEMD_PAGER=cat AWS_PAGER=
unset BASH_ENV ENV
# Going on behind a command that was ended would run the rest of its line.
trap 'exit 143' TERM
__qd_say() { command "$__qd_o" '\033]5577;%s;%s\007' "$__qd_n" "$1" >&"$__qd_out"; }
# A number of one digit may be a script's own, as 9 is in manuals: then it moves to one that no script has named.
__qd_u=
__qd_room() {
  for __qd_y in 3 4 5 6 7 8 9; do
    case $__qd_x in *"$__qd_y"[\<\>]*) __qd_u=$__qd_u$__qd_y ;; esac
  done
  for __qd_y in "$__qd_out" 7 6 5 8 4 3 9; do
    case $__qd_u in *"$__qd_y"*) continue ;; esac
    if [ "$__qd_y" != "$__qd_out" ]; then
      \command eval "\\command exec $__qd_y>&$__qd_out $__qd_out>&-"
      __qd_out=$__qd_y
    fi
    return
  done
}
# What a step has left running ends with the shell; only bash gave it a group of its own.
__qd_k=
__qd_end() {
  for __qd_p in $__qd_k; do
    kill -TERM -- "-$__qd_p" 2>/dev/null || { pkill -TERM -P "$__qd_p"; kill -TERM "$__qd_p"; } 2>/dev/null
  done
}
trap '__qd_c=$?; __qd_end; __qd_say "x;$__qd_c"' EXIT
__qd_guard() {
  command trap '' TERM INT HUP
  command trap 'command kill -9 "$__qd_s" 2>/dev/null; exit 0' USR1
  # A sleep that somebody ended is no time that is up.
  command "$__qd_z" "$1" & __qd_s=$!
  command wait "$__qd_s" || exit 0
  command kill -TERM 0
  command kill -CONT 0
  command "$__qd_z" "$2" & __qd_s=$!
  command wait "$__qd_s"
  command kill -KILL 0
}
# A script that is not over though its loop goes on or has ended, by `break` or `continue` outside of any loop of its own.
__qd_torn() {
  if [ -n "$__qd_g" ]; then
    { command set +euvx; } 2>/dev/null
    command "$__qd_o" '%s\n' 'qd: a break or continue that stands in no loop: what is behind it was not run' >&"$__qd_out"
    # A code that hardly a page takes for an answer.
    command exit 125
  fi
}
# The next script that came whole; none at the end of the input.
__qd_next() {
  __qd_torn
  while IFS= command read -r __qd_l; do
    while [ "$__qd_l" != "${__qd_l#k}" ]; do
      __qd_v=${__qd_l#k} __qd_y= __qd_l=
      # What is none of its own ends it, and is looked at like any other line: one that got lost takes no more with it.
      while
        if [ -n "$BASH_VERSION" ]; then IFS= command read -rs __qd_l; else IFS= command read -r __qd_l; fi
        [ "$__qd_l" != "${__qd_l#-}" ]
      do
        __qd_y=$__qd_y${__qd_l#-}
      done
      __qd_x=$(\command "$__qd_o" %s "$__qd_y" | __qd_d)
      case ${#__qd_y}:$__qd_x in
      "${__qd_v##* }:"*"${__qd_v%% *}")
        __qd_v=${__qd_v%% *}
        command export "$__qd_v=${__qd_x%"$__qd_v"}" ;;
      # The script behind it is not whole without it.
      *) __qd_b=! ;;
      esac
      __qd_x= __qd_y=
    done
    case $__qd_l in
    +*) __qd_b=$__qd_b${__qd_l#+} ;;
    # Of a secret whose name was lost.
    -*) __qd_b=! ;;
    =*)
      # By hand: a script may have changed how words are split.
      __qd_l=${__qd_l#=} __qd_w=
      __qd_n=${__qd_l%% *} __qd_l=${__qd_l#* }
      __qd_n=$__qd_n${__qd_l%% *} __qd_l=${__qd_l#* }
      __qd_y=${__qd_l%% *} __qd_l=${__qd_l#* }
      __qd_x=$(\command "$__qd_o" %s "$__qd_b" | __qd_d)
      case ${#__qd_b}:$__qd_x in
      "${__qd_l##* }:"*"$__qd_n$__qd_y") ;;
      *)
        __qd_b= __qd_y=
        __qd_say u
        continue ;;
      esac
      __qd_b= __qd_x=${__qd_x%"$__qd_n$__qd_y"} __qd_l=${__qd_l% *}
      # What a script traces is its own.
      case $BASH_VERSION in
      '') __qd_r="__qd_r=; \\eval \"\$__qd_x\" </dev/null; { __qd_c=\$?; $__qd_over; \\command '$__qd_o' '\\033]5577;%s;e;%s;%s\\007' $__qd_n \"\$__qd_c\" $__qd_y >&\"\$__qd_out\"; } 2>/dev/null" ;;
      *) __qd_r="__qd_r=; \\builtin eval \"\$__qd_x\" </dev/null; { $__qd_bare \\__qd_over \"\$__qd_c\" $__qd_y ;; esac; } >/dev/null 2>&1" ;;
      esac
      __qd_y=
      case $__qd_out in ?) __qd_room ;; esac
      if [ "${__qd_l%% *}" -gt 0 ]; then
        # A child of another shell: a script's own `wait` is not for it.
        __qd_w=$( (\command exec </dev/null >/dev/null 2>&1; \command eval "\\command exec $__qd_out>&-"; __qd_guard "${__qd_l%% *}" "${__qd_l##* }") & \command echo "$!")
      fi
      __qd_g=1
      __qd_say b
      return 0 ;;
    esac
  done
  return 1
}
# How it ended; only who has the key can say it. In shells other than bash a script can make any function anew, and so the key
# goes to none there: this text stands before it, and their own commands of these names come before functions.
__qd_over='__qd_g=; \set +euvx; \unset -f command; case $__qd_w in ?*) \command kill -USR1 "$__qd_w" ;; esac'
__qd_over() {
  __qd_g=
  { command set +euvx; } 2>/dev/null
  if [ -n "$__qd_w" ]; then command kill -USR1 "$__qd_w" 2>/dev/null; fi
  __qd_say "e;$1;$2"
}
# Bash tells a script of each command before it runs, and runs functions in place of its own commands: what would hear the key
# is taken away first, under POSIX's rules, which no function changes. What cannot be taken away keeps the step from ending.
__qd_bare=
if [ -n "$BASH_VERSION" ]; then
  __qd_bare='__qd_c=$?; case ":$SHELLOPTS:" in *:posix:*) __qd_h=: ;; *) __qd_h= POSIXLY_CORRECT=1 ;; esac; \trap - DEBUG RETURN; \unset -f builtin command trap unset; case $__qd_h in "") \unset POSIXLY_CORRECT ;; esac; case $(\trap -p DEBUG) in "" | "trap -- - "*)'
  readonly __qd_bare
  readonly -f __qd_say __qd_room __qd_end __qd_guard __qd_torn __qd_next __qd_over __qd_d
fi
readonly __qd_o __qd_over
__qd_n=$1$2
set --
__qd_b= __qd_g=
if [ -z "$__qd_t" ]; then
  __qd_say d
  exit 1
fi
__qd_say "r;$__qd_q"
