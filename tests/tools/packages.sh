#!/usr/bin/env bash
# Packages over file://, a registry folder and HTTP from a local server: what is installed, what is refused, and that what
# is refused leaves nothing behind.
#
# usage: packages.sh ROOT REPORT OMC
set -u
root=$1
report=$2
omc=$3
folder=$(mktemp -d)
server=
trap '[[ -n $server ]] && kill "$server"; rm -rf "$folder"' EXIT
# shellcheck source=tests/expect.sh
source "$root/tests/expect.sh"
cd "$folder" || exit 1
unset OMC_REGISTRY

mkdir registry project
cd registry || exit 1
echo 'fn square(s) { return s * s; }' >shapes.omc
hash=$(sha256sum shapes.omc | cut -d' ' -f1)
cat >index.json <<END
{"registry_version": 1, "packages": {
  "shapes": {"url": "shapes.omc", "sha256": "${hash^^}", "version": "1.0", "description": "areas"},
  "gone": {"url": "gone.omc", "sha256": "$hash"},
  "wrong": {"url": "shapes.omc", "sha256": "00"},
  "bare": {"url": "shapes.omc"},
  "../up": {"url": "shapes.omc", "sha256": "$hash"}}}
END
cd ../project || exit 1

# installs STATUS OUTPUT MESSAGE WORD...
installs() {
  local status=$1 output=$2 message=$3
  shift 3
  "$omc" --install "$@" >out 2>err
  expect "--install $*: exit status" $? "$status"
  expect "--install $*: output" "$(cat out)" "$output"
  expect_like "--install $*: message" "$(cat err)" "$message"
}
modules() { (cd omc_modules && echo *); }

# --- without a registry, and from one
installs 1 "" "install: no registry: OMC_REGISTRY is not set" shapes
export OMC_REGISTRY=$folder/registry/index.json
installs 0 "installed: shapes -> omc_modules/shapes.omc (sha256 ok)" "" shapes
expect "what was installed" "$(cat omc_modules/shapes.omc)" 'fn square(s) { return s * s; }'
installs 1 "" "install(wrong): hash mismatch — expected 00, got $hash" wrong
installs 1 "" "install(gone): No such file or directory (os error 2)" gone
installs 1 "" "install(../up): *" ../up
installs 1 "" "install(bare): its entry in the registry lacks url or sha256" bare
installs 1 "" "install: 'nosuch' not in registry*" nosuch
installs 1 "installed: shapes -> omc_modules/shapes.omc (sha256 ok)" "install(wrong): *" wrong shapes
expect "what is refused leaves nothing behind" "$(modules)" shapes.omc
expect "nor outside the folder" "$(ls ..)" "$(printf 'project\nregistry')"
echo '{' >../bad.json
OMC_REGISTRY=../bad.json installs 1 "" "install: registry fetch ../bad.json: *" shapes

# --- the manifest and its lock
cat >omc.toml <<END
[package]
name = "p"
[dependencies]
zeta = "shapes"
alpha = { url = "file://$folder/registry/shapes.omc", sha256 = "$hash" }
"b.c" = "file://$folder/registry/sh%61pes.omc"
END
installs 0 "installed: zeta -> omc_modules/zeta.omc (sha256 ok)
installed: alpha -> omc_modules/alpha.omc (sha256 ok)
installed: b.c -> omc_modules/b.c.omc" ""
expect "omc.lock" "$(grep -c "sha256 = \"$hash\"" omc.lock)" 3
echo 'fn square(s) { return 0; }' >../registry/shapes.omc
installs 1 "" "*install(b.c): not what omc.lock says*" --locked
installs 1 "installed: b.c -> omc_modules/b.c.omc" "*install(zeta): hash mismatch*install(b.c): changed since the last install*"
expect "a failed dependency keeps its file" "$(cat omc_modules/zeta.omc)" 'fn square(s) { return s * s; }'
for wrong in '[dependencies' '[@]' 'é = 1' 'dependencies = 1' $'[dependencies]\na = 1' $'[dependencies]\na = {sha256 = "x"}' $'[dependencies]\na = {url = "file:///x", other = 1}'; do
  printf '%s\n' "$wrong" >omc.toml
  installs 1 "" "install: omc.toml parse: at *"
done
rm omc.toml

# --- over HTTP
if command -v python3 >/dev/null; then
  cat >serve.py <<'END'
import http.server, sys
class Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *words): pass
    def do_GET(self):
        if self.path.startswith("/loop"):
            self.send_response(302); self.send_header("Location", self.path); self.end_headers()
        elif self.path.startswith("/moved/"):
            self.send_response(301); self.send_header("Location", self.path[6:]); self.end_headers()
        elif self.path == "/large.omc":
            self.send_response(200); self.end_headers()
            try:
                for _ in range(17): self.wfile.write(b"#" * (1 << 20))
            except OSError: pass
        else: super().do_GET()
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
END
  python3 serve.py >port &
  server=$!
  for ((i = 0; i < 100; i++)); do [[ -s port ]] && break; sleep 0.1; done
  url=http://127.0.0.1:$(cat port)
  mkdir sub
  echo 'fn far() { return 1; }' >sub/far.omc
  far=$(sha256sum sub/far.omc | cut -d' ' -f1)
  echo "{\"registry_version\": 1, \"packages\": {\"far\": {\"url\": \"far.omc\", \"sha256\": \"$far\"}}}" >sub/index.json
  installs 0 "installed: far -> omc_modules/far.omc" "" "$url/sub/far.omc"
  installs 0 "installed: far -> omc_modules/far.omc" "" "$url/moved/sub/far.omc"
  OMC_REGISTRY=$url/sub/index.json installs 0 "installed: far -> omc_modules/far.omc (sha256 ok)" "" far
  installs 1 "" "install(none): HTTP 404" "$url/none.omc"
  installs 1 "" "install(loop): *" "$url/loop.omc"
  installs 1 "" "install(large): *" "$url/large.omc"
  kill "$server"
  wait "$server" 2>/dev/null
  server=
  installs 1 "" "install(far): *" "$url/sub/far.omc"  # nobody there
  expect "after all that" "$(modules)" "alpha.omc b.c.omc far.omc shapes.omc zeta.omc"
else
  echo "no python3: packages over HTTP are not tested"
fi
finish "$report"
