//! Operating systems, as EC2, Systems Manager and the fleet file name them.

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Platform {
    AmazonLinux2,
    AmazonLinux2023,
    Ubuntu2204,
    Ubuntu2404,
    Debian12,
    Rhel9,
    Sles15,
    Bottlerocket,
    Windows2019,
    Windows2022,
}

impl Platform {
    /// The words a fleet file may use.
    pub const WORDS: &[(&str, Platform)] = &[
        ("amazon-linux-2", Platform::AmazonLinux2),
        ("amazon-linux-2023", Platform::AmazonLinux2023),
        ("ubuntu-22.04", Platform::Ubuntu2204),
        ("ubuntu-24.04", Platform::Ubuntu2404),
        ("debian-12", Platform::Debian12),
        ("rhel-9", Platform::Rhel9),
        ("sles-15", Platform::Sles15),
        ("bottlerocket", Platform::Bottlerocket),
        ("windows-2019", Platform::Windows2019),
        ("windows-2022", Platform::Windows2022),
    ];

    pub fn parse(word: &str) -> Option<Platform> {
        Platform::WORDS
            .iter()
            .find(|(known, _)| *known == word)
            .map(|(_, platform)| *platform)
    }

    /// From the time before gp3 volumes.
    pub fn is_dated(self) -> bool {
        matches!(self, Platform::AmazonLinux2 | Platform::Windows2019)
    }

    pub fn is_windows(self) -> bool {
        matches!(self, Platform::Windows2019 | Platform::Windows2022)
    }

    /// EC2's `platformDetails` and `usageOperation`.
    pub fn details(self) -> (&'static str, &'static str) {
        match self {
            Platform::Windows2019 | Platform::Windows2022 => ("Windows", "RunInstances:0002"),
            Platform::Rhel9 => ("Red Hat Enterprise Linux", "RunInstances:0010"),
            Platform::Sles15 => ("SUSE Linux", "RunInstances:000g"),
            _ => ("Linux/UNIX", "RunInstances"),
        }
    }

    /// Systems Manager's `PlatformType`, `PlatformName` and `PlatformVersion`.
    pub fn managed(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Platform::AmazonLinux2 => ("Linux", "Amazon Linux", "2"),
            Platform::AmazonLinux2023 => ("Linux", "Amazon Linux", "2023"),
            Platform::Ubuntu2204 => ("Linux", "Ubuntu", "22.04"),
            Platform::Ubuntu2404 => ("Linux", "Ubuntu", "24.04"),
            Platform::Debian12 => ("Linux", "Debian GNU/Linux", "12"),
            Platform::Rhel9 => ("Linux", "Red Hat Enterprise Linux", "9.4"),
            Platform::Sles15 => ("Linux", "SLES", "15.6"),
            Platform::Bottlerocket => ("Linux", "Bottlerocket", "1.20.3"),
            Platform::Windows2019 => (
                "Windows",
                "Microsoft Windows Server 2019 Datacenter",
                "10.0.17763",
            ),
            Platform::Windows2022 => (
                "Windows",
                "Microsoft Windows Server 2022 Datacenter",
                "10.0.20348",
            ),
        }
    }

    pub fn root_device(self) -> &'static str {
        match self {
            Platform::AmazonLinux2
            | Platform::AmazonLinux2023
            | Platform::Bottlerocket
            | Platform::Debian12 => "/dev/xvda",
            _ => "/dev/sda1",
        }
    }
}
