//! The AWS regions: name, city, and whether an account must opt in before it can use them.

/// (name, place, needs opt-in)
pub const REGIONS: &[(&str, &str, bool)] = &[
    ("us-east-1", "US East (N. Virginia)", false),
    ("us-east-2", "US East (Ohio)", false),
    ("us-west-1", "US West (N. California)", false),
    ("us-west-2", "US West (Oregon)", false),
    ("eu-west-1", "EU (Ireland)", false),
    ("eu-west-2", "EU (London)", false),
    ("eu-west-3", "EU (Paris)", false),
    ("eu-central-1", "EU (Frankfurt)", false),
    ("eu-north-1", "EU (Stockholm)", false),
    ("ap-south-1", "Asia Pacific (Mumbai)", false),
    ("ap-northeast-1", "Asia Pacific (Tokyo)", false),
    ("ap-northeast-2", "Asia Pacific (Seoul)", false),
    ("ap-northeast-3", "Asia Pacific (Osaka)", false),
    ("ap-southeast-1", "Asia Pacific (Singapore)", false),
    ("ap-southeast-2", "Asia Pacific (Sydney)", false),
    ("ca-central-1", "Canada (Central)", false),
    ("sa-east-1", "South America (Sao Paulo)", false),
    ("af-south-1", "Africa (Cape Town)", true),
    ("ap-east-1", "Asia Pacific (Hong Kong)", true),
    ("ap-south-2", "Asia Pacific (Hyderabad)", true),
    ("ap-southeast-3", "Asia Pacific (Jakarta)", true),
    ("ap-southeast-4", "Asia Pacific (Melbourne)", true),
    ("ca-west-1", "Canada West (Calgary)", true),
    ("eu-central-2", "Europe (Zurich)", true),
    ("eu-south-1", "EU (Milan)", true),
    ("eu-south-2", "Europe (Spain)", true),
    ("il-central-1", "Israel (Tel Aviv)", true),
    ("me-central-1", "Middle East (UAE)", true),
    ("me-south-1", "Middle East (Bahrain)", true),
];

/// The prefix of usage types that are billed in a region; us-east-1 has none.
pub fn billing_prefix(region: &str) -> &'static str {
    match region {
        "us-east-2" => "USE2-",
        "us-west-1" => "USW1-",
        "us-west-2" => "USW2-",
        "eu-west-1" => "EU-",
        "eu-west-2" => "EUW2-",
        "eu-west-3" => "EUW3-",
        "eu-central-1" => "EUC1-",
        "eu-north-1" => "EUN1-",
        "ap-south-1" => "APS3-",
        "ap-northeast-1" => "APN1-",
        "ap-northeast-2" => "APN2-",
        "ap-northeast-3" => "APN3-",
        "ap-southeast-1" => "APS1-",
        "ap-southeast-2" => "APS2-",
        "ca-central-1" => "CAN1-",
        "sa-east-1" => "SAE1-",
        _ => "",
    }
}

pub fn exists(region: &str) -> bool {
    REGIONS.iter().any(|(name, ..)| *name == region)
}
