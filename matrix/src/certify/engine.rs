//! The three engines: what their browsers are called and how they are started.

use std::path::Path;
use std::{fmt, fs, io};

use esse_testkit::CHROMIUM;
use serde::{Deserialize, Serialize};

/// A browser engine.
///
/// ```
/// use esse_matrix::certify::Engine;
///
/// assert_eq!(Engine::Webkit.to_string(), "webkit");
/// ```
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, clap::ValueEnum,
)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// Blink, in Chromium or Chrome.
    Chromium,
    /// Gecko, in Firefox.
    Firefox,
    /// `WebKit`, in the `MiniBrowser` of `WebKitGTK`, which wants a display of its own.
    Webkit,
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Chromium => "chromium",
            Self::Firefox => "firefox",
            Self::Webkit => "webkit",
        })
    }
}

/// Nothing but the page is to be loaded.
const FIREFOX_PREFERENCES: &str = r#"user_pref("app.normandy.enabled", false);
user_pref("app.update.enabled", false);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("browser.safebrowsing.malware.enabled", false);
user_pref("browser.safebrowsing.phishing.enabled", false);
user_pref("browser.startup.homepage_override.mstone", "ignore");
user_pref("datareporting.healthreport.uploadEnabled", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("extensions.update.enabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("services.settings.server", "data:,");
user_pref("toolkit.telemetry.enabled", false);
user_pref("toolkit.telemetry.unified", false);
"#;

impl Engine {
    /// Programs by which the browser goes, the usual one first.
    pub(super) fn programs(self) -> &'static [&'static str] {
        match self {
            Self::Chromium => &["chromium", "chromium-browser", "google-chrome"],
            Self::Firefox => &["firefox-esr", "firefox"],
            Self::Webkit => &["MiniBrowser"],
        }
    }

    /// What else it takes.
    pub(super) fn helpers(self) -> &'static [&'static str] {
        match self {
            Self::Chromium | Self::Firefox => &[],
            Self::Webkit => &["dbus-run-session", "xvfb-run"],
        }
    }

    /// What to install, by Debian's names.
    pub(super) fn packages(self) -> &'static str {
        match self {
            Self::Chromium => "chromium",
            Self::Firefox => "firefox-esr",
            Self::Webkit => "webkit2gtk-driver xvfb xauth dbus dbus-x11",
        }
    }

    /// Writes into a fresh profile what keeps the browser from loading anything of its own.
    pub(super) fn prepare(self, profile: &Path) -> io::Result<()> {
        match self {
            Self::Firefox => fs::write(profile.join("user.js"), FIREFOX_PREFERENCES),
            Self::Chromium | Self::Webkit => Ok(()),
        }
    }

    /// The command that runs the program, without a window if possible.
    pub(super) fn launcher(self, program: &Path) -> Vec<String> {
        let helpers: &[&str] = match self {
            Self::Chromium | Self::Firefox => &[],
            Self::Webkit => &["dbus-run-session", "--", "xvfb-run", "-a"],
        };
        let helpers = helpers.iter().map(ToString::to_string);
        helpers.chain([program.display().to_string()]).collect()
    }

    /// With these arguments it opens a page.
    pub(super) fn arguments(self, profile: &Path, url: &str) -> Vec<String> {
        let profile = profile.display();
        let (fixed, own): (&[&str], _) = match self {
            Self::Chromium => (&CHROMIUM, format!("--user-data-dir={profile}")),
            Self::Firefox => {
                let fixed = &["--headless", "--no-remote", "--profile"];
                (fixed, profile.to_string())
            }
            Self::Webkit => (&[], "--private".to_owned()),
        };
        let fixed = fixed.iter().map(ToString::to_string);
        fixed.chain([own, url.to_owned()]).collect()
    }
}
