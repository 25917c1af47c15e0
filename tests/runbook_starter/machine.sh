# What a simulated machine does before its shell begins: programs that a small Linux lacks, or that need a disk, a swap file
# or a service of their own; and something for the pages to look at.
mkdir -p ~/bin ~/spool ~/web/releases/v1 ~/web/releases/v2
stand_in() { printf '#!/bin/sh\n%s\n' "$2" > ~/bin/"$1"; chmod +x ~/bin/"$1"; }
stand_in sudo 'exec "$@"'
stand_in systemctl 'echo "systemctl $*" >> ~/asked; case $1 in is-active) echo active ;; *) echo "unit of $1" ;; esac'
for name in journalctl timedatectl chronyc resolvectl dig sar iostat curl growpart resize2fs xfs_growfs fallocate mkswap swapon; do
  stand_in $name 'echo "$0 $*"'
done
# Of a swap file there is none: the root is read-only.
stand_in chmod 'case $2 in /var/swapfile) echo "$0 $*" ;; *) exec /bin/chmod "$@" ;; esac'
ln -sfn releases/v2 ~/web/current
for n in 1 2 3 4 5; do echo "$n timeout after $n ms"; done > ~/app.log
touch -d '9 days ago' ~/spool/a ~/spool/b; touch ~/spool/new
echo old > /tmp/web.log.1; touch -d '9 days ago' /tmp/web.log.1
printf '[req]\ndistinguished_name = dn\n[dn]\n' > ~/openssl.cnf; export OPENSSL_CONF=$HOME/openssl.cnf
for name in old new; do openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 90 -subj /CN=web \
  -addext subjectAltName=DNS:web -keyout ~/$name.key -out ~/$name.pem 2>/dev/null; done
# A process that may be ended: number 300 of the machine.
while sleep 3000 & [ $! -lt 300 ]; do kill $!; done
export PATH=$HOME/bin:$PATH
exec bash --norc
