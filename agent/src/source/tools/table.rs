//! The tools that an order may name by their class, and what shows them.
//!
//! Promises: nothing that every ordinary system carries is a sign by itself. Programs that systems
//! bring along (`common`) are told as installed only if they come after monitoring began, and what
//! they do every day does not count as use (`only_with`).

use super::tool::{CONTAINER, ENCRYPTION, MACHINE, REMOTE, TOR, Tool, VPN, WIPER};

/// All of them.
pub(super) const TOOLS: &[Tool] = &[
    // Files and traces are wiped.
    Tool {
        name: "shred",
        common: true,
        programs: &["shred"],
        ..WIPER
    },
    Tool {
        name: "bleachbit",
        packages: &["bleachbit", "org.bleachbit.BleachBit"],
        programs: &["bleachbit"],
        set_up: &["~/.config/bleachbit/bleachbit.ini"],
        ..WIPER
    },
    Tool {
        name: "wipe",
        packages: &["wipe"],
        programs: &["wipe"],
        ..WIPER
    },
    Tool {
        name: "secure-delete",
        packages: &["secure-delete"],
        programs: &["srm", "sfill", "sswap", "sdmem", "smem-secure-delete"],
        ..WIPER
    },
    Tool {
        name: "nwipe",
        packages: &["nwipe"],
        programs: &["nwipe"],
        ..WIPER
    },
    Tool {
        name: "scrub",
        packages: &["scrub"],
        programs: &["scrub"],
        ..WIPER
    },
    Tool {
        name: "ccleaner",
        programs: &["ccleaner", "ccleaner64.exe", "ccleaner.exe"],
        ..WIPER
    },
    Tool {
        name: "bcwipe",
        packages: &["bcwipe"],
        programs: &["bcwipe"],
        ..WIPER
    },
    Tool {
        name: "sweeper",
        packages: &["sweeper", "org.kde.sweeper"],
        programs: &["sweeper"],
        ..WIPER
    },
    Tool {
        name: "stacer",
        packages: &["stacer"],
        programs: &["stacer"],
        ..WIPER
    },
    // Files are encrypted.
    Tool {
        name: "veracrypt",
        packages: &["veracrypt", "veracrypt-console"],
        programs: &["veracrypt"],
        set_up: &["~/.config/VeraCrypt/*", "~/.VeraCrypt/*"],
        mounts: &["fuse.veracrypt"],
        ..ENCRYPTION
    },
    Tool {
        name: "truecrypt",
        packages: &["truecrypt"],
        programs: &["truecrypt"],
        set_up: &["~/.TrueCrypt/*"],
        mounts: &["fuse.truecrypt"],
        ..ENCRYPTION
    },
    Tool {
        name: "cryptsetup",
        common: true,
        packages: &["cryptsetup", "cryptsetup-bin"],
        programs: &["cryptsetup"],
        only_with: &[
            "open",
            "luksOpen",
            "tcryptOpen",
            "plainOpen",
            "create",
            "luksFormat",
            "reencrypt",
        ],
        ..ENCRYPTION
    },
    Tool {
        name: "gpg",
        common: true,
        packages: &["gnupg", "gpg"],
        programs: &["gpg", "gpg2"],
        only_with: &["-c", "--symmetric", "-e", "--encrypt"],
        ..ENCRYPTION
    },
    Tool {
        name: "openssl",
        common: true,
        packages: &["openssl"],
        programs: &["openssl"],
        only_with: &["enc"],
        ..ENCRYPTION
    },
    Tool {
        name: "gocryptfs",
        packages: &["gocryptfs"],
        programs: &["gocryptfs"],
        mounts: &["fuse.gocryptfs", "fuse.gocryptfs-reverse"],
        ..ENCRYPTION
    },
    Tool {
        name: "encfs",
        packages: &["encfs"],
        programs: &["encfs"],
        mounts: &["fuse.encfs"],
        ..ENCRYPTION
    },
    Tool {
        name: "cryfs",
        packages: &["cryfs"],
        programs: &["cryfs"],
        set_up: &["~/.local/share/cryfs/*"],
        mounts: &["fuse.cryfs"],
        ..ENCRYPTION
    },
    Tool {
        name: "securefs",
        packages: &["securefs"],
        programs: &["securefs"],
        mounts: &["fuse.securefs"],
        ..ENCRYPTION
    },
    Tool {
        name: "ecryptfs",
        packages: &["ecryptfs-utils"],
        programs: &[
            "mount.ecryptfs",
            "mount.ecryptfs_private",
            "ecryptfs-mount-private",
        ],
        set_up: &["~/.ecryptfs/*"],
        mounts: &["ecryptfs"],
        ..ENCRYPTION
    },
    Tool {
        name: "tomb",
        packages: &["tomb"],
        programs: &["tomb"],
        ..ENCRYPTION
    },
    Tool {
        name: "zulucrypt",
        packages: &[
            "zulucrypt-gui",
            "zulucrypt-cli",
            "zulumount-gui",
            "zulumount-cli",
        ],
        programs: &[
            "zuluCrypt-gui",
            "zuluCrypt-cli",
            "zuluMount-gui",
            "zuluMount-cli",
        ],
        ..ENCRYPTION
    },
    Tool {
        name: "cryptomator",
        packages: &["cryptomator", "org.cryptomator.Cryptomator"],
        programs: &["cryptomator"],
        set_up: &["~/.config/Cryptomator/settings.json"],
        ..ENCRYPTION
    },
    Tool {
        name: "sirikali",
        packages: &["sirikali", "io.github.mhogomchungu.sirikali"],
        programs: &["sirikali"],
        set_up: &["~/.config/SiriKali/*"],
        ..ENCRYPTION
    },
    Tool {
        name: "plasma-vault",
        common: true,
        packages: &["plasma-vault"],
        set_up: &["~/.config/plasmavaultrc"],
        ..ENCRYPTION
    },
    // Another computer inside this one.
    Tool {
        name: "virtualbox",
        packages: &[
            "virtualbox",
            "virtualbox-qt",
            "virtualbox-7.0",
            "virtualbox-7.1",
            "virtualbox-7.2",
        ],
        programs: &[
            "VirtualBox",
            "VirtualBoxVM",
            "VBoxHeadless",
            "VBoxManage",
            "virtualbox",
        ],
        set_up: &["~/VirtualBox VMs/*"],
        ..MACHINE
    },
    Tool {
        name: "qemu",
        packages: &[
            "qemu-system-x86",
            "qemu-system-arm",
            "qemu-kvm",
            "qemu-full",
            "qemu-desktop",
        ],
        programs: &["qemu-system-*", "qemu-kvm", "kvm"],
        ..MACHINE
    },
    Tool {
        name: "vmware",
        programs: &["vmware", "vmplayer", "vmware-vmx", "vmrun"],
        services: &["vmware-authdlauncher"],
        set_up: &["~/vmware/*"],
        ..MACHINE
    },
    Tool {
        name: "virt-manager",
        packages: &["virt-manager"],
        programs: &["virt-manager", "virt-install"],
        ..MACHINE
    },
    Tool {
        name: "libvirt",
        packages: &["libvirt-daemon-system", "libvirt-daemon"],
        programs: &["virsh"],
        set_up: &["/etc/libvirt/qemu/*.xml", "~/.config/libvirt/qemu/*.xml"],
        ..MACHINE
    },
    Tool {
        name: "gnome-boxes",
        packages: &["gnome-boxes", "org.gnome.Boxes"],
        programs: &["gnome-boxes"],
        set_up: &[
            "~/.local/share/gnome-boxes/images/*",
            "~/.var/app/org.gnome.Boxes/data/gnome-boxes/images/*",
        ],
        ..MACHINE
    },
    Tool {
        name: "multipass",
        packages: &["multipass"],
        programs: &["multipass"],
        services: &["multipassd"],
        set_up: &["/var/snap/multipass/common/data/multipassd/vault/instances/*"],
        ..MACHINE
    },
    Tool {
        name: "quickemu",
        packages: &["quickemu"],
        programs: &["quickemu"],
        ..MACHINE
    },
    Tool {
        name: "docker",
        packages: &["docker.io", "docker-ce", "docker"],
        programs: &["docker"],
        services: &["dockerd"],
        set_up: &["/var/lib/docker/containers/*"],
        ..CONTAINER
    },
    Tool {
        name: "podman",
        packages: &["podman"],
        programs: &["podman"],
        set_up: &["~/.local/share/containers/storage/overlay-containers/*"],
        ..CONTAINER
    },
    Tool {
        name: "lxc",
        common: true,
        packages: &["lxc", "lxd", "incus"],
        programs: &["lxc-start", "lxc-attach", "lxc", "incus"],
        services: &["lxd", "incusd"],
        set_up: &["/var/lib/lxc/*/config"],
        ..CONTAINER
    },
    Tool {
        name: "distrobox",
        packages: &["distrobox", "podman-toolbox", "toolbox"],
        programs: &["distrobox", "distrobox-enter", "toolbox"],
        ..CONTAINER
    },
    Tool {
        name: "systemd-nspawn",
        packages: &["systemd-container"],
        programs: &["systemd-nspawn"],
        set_up: &["/var/lib/machines/*"],
        ..CONTAINER
    },
    // Connections go another way.
    Tool {
        name: "openvpn",
        common: true,
        packages: &["openvpn", "openvpn3"],
        programs: &["openvpn", "openvpn3"],
        set_up: &[
            "/etc/openvpn/*.conf",
            "/etc/openvpn/client/*.conf",
            "/etc/openvpn/client/*.ovpn",
        ],
        ..VPN
    },
    Tool {
        name: "wireguard",
        packages: &["wireguard", "wireguard-tools"],
        programs: &["wg-quick", "wg", "wireguard-go", "boringtun-cli"],
        set_up: &["/etc/wireguard/*.conf"],
        ..VPN
    },
    Tool {
        name: "openconnect",
        common: true,
        packages: &["openconnect", "vpnc"],
        programs: &["openconnect", "vpnc"],
        ..VPN
    },
    Tool {
        name: "ipsec",
        packages: &["strongswan", "strongswan-starter", "libreswan"],
        programs: &["swanctl"],
        services: &["charon", "charon-systemd", "pluto"],
        set_up: &["/etc/swanctl/conf.d/*.conf", "/etc/ipsec.d/*.conf"],
        ..VPN
    },
    Tool {
        name: "nordvpn",
        packages: &["nordvpn"],
        programs: &["nordvpn"],
        services: &["nordvpnd"],
        set_up: &["~/.config/nordvpn/*"],
        ..VPN
    },
    Tool {
        name: "mullvad",
        packages: &["mullvad-vpn"],
        programs: &["mullvad", "mullvad-vpn", "mullvad-gui"],
        services: &["mullvad-daemon"],
        set_up: &["/etc/mullvad-vpn/account-history.json"],
        ..VPN
    },
    Tool {
        name: "protonvpn",
        packages: &[
            "proton-vpn-gnome-desktop",
            "protonvpn",
            "protonvpn-cli",
            "com.protonvpn.www",
        ],
        programs: &["protonvpn-app", "protonvpn", "protonvpn-cli"],
        set_up: &["~/.config/Proton/VPN/*", "~/.config/protonvpn/*"],
        ..VPN
    },
    Tool {
        name: "expressvpn",
        packages: &["expressvpn"],
        programs: &["expressvpn", "expressvpnctl"],
        services: &["expressvpnd", "expressvpn-daemon"],
        ..VPN
    },
    Tool {
        name: "surfshark",
        packages: &["surfshark"],
        programs: &["surfshark"],
        services: &["surfsharkd"],
        ..VPN
    },
    Tool {
        name: "windscribe",
        packages: &["windscribe", "windscribe-cli"],
        programs: &["Windscribe", "windscribe", "windscribe-cli"],
        ..VPN
    },
    Tool {
        name: "pia",
        packages: &["piavpn-bin"],
        programs: &["pia-client", "piactl"],
        services: &["pia-daemon"],
        ..VPN
    },
    Tool {
        name: "ivpn",
        packages: &["ivpn", "ivpn-ui"],
        programs: &["ivpn", "ivpn-ui"],
        services: &["ivpn-service"],
        ..VPN
    },
    Tool {
        name: "cloudflare-warp",
        packages: &["cloudflare-warp"],
        programs: &["warp-cli"],
        services: &["warp-svc"],
        ..VPN
    },
    Tool {
        name: "tailscale",
        packages: &["tailscale"],
        programs: &["tailscale"],
        services: &["tailscaled"],
        set_up: &["/var/lib/tailscale/tailscaled.state"],
        ..VPN
    },
    Tool {
        name: "zerotier",
        packages: &["zerotier-one"],
        programs: &["zerotier-cli"],
        services: &["zerotier-one"],
        set_up: &["/var/lib/zerotier-one/networks.d/*.conf"],
        ..VPN
    },
    Tool {
        name: "riseup-vpn",
        packages: &["riseup-vpn", "riseupvpn", "bitmask"],
        programs: &["riseup-vpn", "bitmask"],
        ..VPN
    },
    Tool {
        name: "psiphon",
        programs: &["psiphon", "psiphon-tunnel-core", "lantern"],
        ..VPN
    },
    Tool {
        name: "proxy-tunnel",
        packages: &[
            "shadowsocks-libev",
            "shadowsocks",
            "v2ray",
            "xray",
            "sing-box",
            "sshuttle",
        ],
        programs: &[
            "ss-local",
            "sslocal",
            "v2ray",
            "xray",
            "sing-box",
            "mihomo",
            "hysteria",
            "sshuttle",
            "proxychains",
            "proxychains4",
        ],
        ..VPN
    },
    Tool {
        name: "tor",
        packages: &["tor", "torsocks", "nyx"],
        programs: &["tor", "torsocks", "torify"],
        ..TOR
    },
    Tool {
        name: "tor-browser",
        packages: &[
            "torbrowser-launcher",
            "org.torproject.torbrowser-launcher",
            "tor-browser",
        ],
        programs: &[
            "torbrowser-launcher",
            "start-tor-browser",
            "start-tor-browser.desktop",
        ],
        folders: &[
            "~/tor-browser*/Browser",
            "~/Downloads/tor-browser*/Browser",
            "~/Desktop/tor-browser*/Browser",
            "~/.local/share/torbrowser/tbb/*/tor-browser*/Browser",
            "/opt/tor-browser*/Browser",
        ],
        set_up: &[
            "~/tor-browser*/Browser/TorBrowser/Data/Browser/profile.default/prefs.js",
            "~/Downloads/tor-browser*/Browser/TorBrowser/Data/Browser/profile.default/prefs.js",
            "~/Desktop/tor-browser*/Browser/TorBrowser/Data/Browser/profile.default/prefs.js",
            "~/.local/share/torbrowser/tbb/*/tor-browser*/Browser/TorBrowser/Data/Browser/profile.default/prefs.js",
        ],
        ..TOR
    },
    Tool {
        name: "onionshare",
        packages: &["onionshare", "onionshare-cli", "org.onionshare.OnionShare"],
        programs: &["onionshare", "onionshare-cli", "onionshare-gui"],
        set_up: &["~/.config/onionshare/*"],
        ..TOR
    },
    Tool {
        name: "i2p",
        packages: &["i2p", "i2pd", "i2p-router"],
        programs: &["i2prouter", "i2pd"],
        ..TOR
    },
    // Somebody elsewhere sits at this computer, or this person at another.
    Tool {
        name: "anydesk",
        packages: &["anydesk", "com.anydesk.Anydesk"],
        programs: &["anydesk"],
        set_up: &["~/.anydesk/user.conf"],
        ..REMOTE
    },
    Tool {
        name: "teamviewer",
        packages: &["teamviewer", "teamviewer-host"],
        programs: &["TeamViewer", "teamviewer"],
        services: &["teamviewerd"],
        set_up: &["~/.config/teamviewer/*"],
        ..REMOTE
    },
    Tool {
        name: "rustdesk",
        packages: &["rustdesk", "com.rustdesk.RustDesk"],
        programs: &["rustdesk"],
        set_up: &["~/.config/rustdesk/*"],
        ..REMOTE
    },
    Tool {
        name: "vnc",
        packages: &[
            "tigervnc-viewer",
            "tigervnc-standalone-server",
            "x11vnc",
            "realvnc-vnc-viewer",
        ],
        programs: &["vncviewer", "x11vnc", "Xtigervnc", "Xvnc", "x0vncserver"],
        ..REMOTE
    },
    Tool {
        name: "remmina",
        common: true,
        packages: &["remmina", "org.remmina.Remmina"],
        programs: &["remmina", "xfreerdp", "xfreerdp3", "rdesktop"],
        set_up: &["~/.local/share/remmina/*.remmina"],
        ..REMOTE
    },
];
