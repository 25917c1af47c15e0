#!/usr/bin/env bash
# Checks the signatures of a recording (.osr) with grep, coreutils and openssl alone: the header, and every checkpoint's
# hash and signature along the chain of keys. usage: verify.sh FILE. Exit 0: sealed and signed to the end; 4: not so.
# A checkpoint names the offset at which it stands, which is how one is told from bytes that look alike.
set -euo pipefail
export LC_ALL=C
file=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

part() { tail -c "+$(($1 + 1))" "$file" | head -c "$2" || [ $? = 141 ]; }
hex() { part "$1" "$2" | basenc --base16 -w 0; }
bytes() { printf %s "$1" | basenc --base16 -d; }
bad() { echo "NOT OK: $1" >&2; exit 4; }

# is_signed KEY SIGNATURE, the message on standard input; both in hexadecimal.
is_signed() {
    bytes "302A300506032B6570032100$1" >"$work/key"
    bytes "$2" >"$work/signature"
    cat >"$work/message"
    openssl pkeyutl -verify -pubin -keyform DER -inkey "$work/key" -rawin -in "$work/message" \
        -sigfile "$work/signature" >/dev/null 2>&1
}

[ "$(hex 0 8)" = 895144520D0A1A0A ] || bad "it does not begin like a recording"
length=$(part 12 4 | od -An -tu4 | tr -d ' ')
first=$((16 + length + 100))
device=$(hex $((first - 100)) 32)
{ printf 'quarterdeck header 1\n'; bytes "$(head -c $((first - 68)) "$file" | sha256sum | head -c 64 | tr a-f A-F)"; } |
    is_signed "$device" "$(hex $((first - 68)) 64)" || bad "the header's signature does not match"
key=$(part 16 "$length" | grep -aoE '"session_key":"[0-9a-f]{64}"' | tail -c 66 | head -c 64 | tr a-f A-F)

end=$first
final=0
count=0
while read -r at; do
    [ "$at" -ge "$first" ] || continue
    read -r -a byte <<<"$(part "$at" 13 | od -An -v -tu1 | tr -s ' \n' ' ')"
    size=$((byte[1] - 128 + 128 * byte[2]))
    said=0
    for place in 0 1 2 3 4 5 6 7 8; do
        said=$((said | (byte[4 + place] & 127) << 7 * place))
        [ "${byte[4 + place]}" -gt 127 ] || break
    done
    [ "$said" = "$at" ] || continue
    payload=$((at + 3))
    tail=$((payload + size - 128))
    [ "$(hex "$tail" 32)" = "$(head -c "$at" "$file" | sha256sum | head -c 64 | tr a-f A-F)" ] ||
        bad "what comes before byte $at is not what was signed"
    [ $((byte[3] & 4)) = 0 ] || bad "another device closed this file, at byte $at: verify.py judges that"
    [ $((byte[3] & 2)) = 0 ] || key=$device
    { printf 'quarterdeck checkpoint 1\n'; part "$payload" $((size - 64)); } |
        is_signed "$key" "$(hex $((tail + 64)) 64)" || bad "the signature of the checkpoint at byte $at does not match"
    key=$(hex $((tail + 32)) 32)
    final=$((byte[3] & 1))
    end=$((payload + size + 4))
    count=$((count + 1))
done < <(grep -obUaP 'C[\x80-\xff]\x01' "$file" | cut -d: -f1)

[ "$final" = 1 ] || bad "signed up to byte $end, and not sealed"
[ $((end + 22)) = "$(stat -c %s "$file")" ] || bad "something follows what is signed, at byte $end"
echo "ok: $count checkpoints, signed by the device $device"
