//! What each role may do.
//!
//! Promises: every address asks for one [`Need`], named where its handler is named (`routes`), and nothing
//! gets past `guard` without it. A right says what kind of thing somebody may do; of whom is another
//! question, which `store::sight` answers.
//!
//! Refuses: rights of single people. Whoever needs another right gets another role.

use crate::store::staff::Role;

/// What an address asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Nothing: who signs in has not signed in yet.
    Nothing,
    /// A session.
    Session,
    /// A role that has this right.
    Right(Right),
}

/// What somebody may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Right {
    /// See what waits, of their own people.
    Queue,
    /// See what a person did.
    Activity,
    /// Say what a possible breach is.
    Decide,
    /// Keep a person's register, plan, notes and visits.
    Manage,
    /// Agree to what somebody else decided.
    SignOff,
    /// Say whose case a person is and who is on call.
    Team,
    /// Put orders in force and enrol devices.
    Orders,
    /// Take evidence out.
    Export,
    /// Search among their own people.
    Search,
    /// Give chosen facts to another agency.
    Disclose,
    /// Read what was given to them.
    Extract,
    /// Read who looked at whom.
    Audit,
    /// See to accounts, devices and lists.
    Administer,
    /// Ask for an erasure and take that back, and on the command line confirm one and lift holds.
    Erase,
}

impl Right {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Queue,
        Self::Activity,
        Self::Decide,
        Self::Manage,
        Self::SignOff,
        Self::Team,
        Self::Orders,
        Self::Export,
        Self::Search,
        Self::Disclose,
        Self::Extract,
        Self::Audit,
        Self::Administer,
        Self::Erase,
    ];

    /// Who has it.
    #[must_use]
    pub fn of(self, role: Role) -> bool {
        use Role::{Administrator, Auditor, Examiner, Manager, Partner, Supervisor};
        match self {
            Self::Queue | Self::Decide | Self::Manage | Self::Orders | Self::Disclose => {
                matches!(role, Manager | Supervisor)
            }
            Self::Activity | Self::Export | Self::Search => {
                matches!(role, Manager | Supervisor | Examiner)
            }
            Self::SignOff | Self::Team => role == Supervisor,
            Self::Extract => role == Partner,
            // Managers and supervisors of their own people, auditors of everybody.
            Self::Audit => matches!(role, Manager | Supervisor | Auditor),
            Self::Administer => role == Administrator,
            Self::Erase => matches!(role, Manager | Supervisor | Administrator),
        }
    }
}

impl Need {
    /// Whether somebody who is signed in as this may go on.
    #[must_use]
    pub fn met_by(self, role: Role) -> bool {
        match self {
            Self::Nothing | Self::Session => true,
            Self::Right(right) => right.of(role),
        }
    }
}

/// Where somebody begins.
#[must_use]
pub fn home(role: Role) -> &'static str {
    match role {
        Role::Manager | Role::Supervisor => "/",
        Role::Examiner => "/people",
        Role::Administrator => "/accounts",
        Role::Auditor => "/audit",
        Role::Partner => "/extracts",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_has_these_rights() {
        let rights = |role| -> Vec<String> {
            let has = Right::ALL.into_iter().filter(|right| right.of(role));
            has.map(|right| format!("{right:?}")).collect()
        };
        assert_eq!(
            rights(Role::Manager).join(" "),
            "Queue Activity Decide Manage Orders Export Search Disclose Audit Erase"
        );
        assert_eq!(
            rights(Role::Supervisor).join(" "),
            "Queue Activity Decide Manage SignOff Team Orders Export Search Disclose Audit Erase"
        );
        assert_eq!(rights(Role::Examiner).join(" "), "Activity Export Search");
        assert_eq!(rights(Role::Administrator), ["Administer", "Erase"]);
        assert_eq!(rights(Role::Auditor), ["Audit"]);
        assert_eq!(rights(Role::Partner), ["Extract"]);
    }
}
