//! What exists, found in two independent ways.

use std::fs;

use tempus_model::{DnsName, PreviewId};
use tokio::task::spawn_blocking;

use super::{ProcessError, ResourceName, Revision, Role, Status, Supervisor, processes};

/// One sighting. What runs well is seen at least three times: by name, as a shim and as an app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The resource.
    pub resource: ResourceName,
    /// Whose it is. `None` if only a folder is left, without anything to launch.
    pub preview: Option<PreviewId>,
    /// Which service it is. `None` likewise.
    pub service: Option<DnsName>,
    /// What runs or, if nothing does, what was to run.
    pub revision: Option<Revision>,
    /// How it was found.
    pub seen: Seen,
}

/// How something was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// By name: it has a folder, and this is what its lock and files say.
    ByName(Status),
    /// By tag: a process says in its environment that it is this resource's. Linux only.
    ByTag {
        /// The process.
        pid: u32,
        /// Which part it plays.
        role: Role,
    },
}

impl Supervisor {
    /// Lists by name and by tag. An error means that nothing is known, not that nothing exists.
    pub async fn list(&self) -> Result<Vec<Found>, ProcessError> {
        let mut found = Vec::new();
        for resource in self.names()? {
            let status = self.status(&resource)?;
            if status == Status::Absent {
                continue;
            }
            let launch = self.resource(&resource).order()?.map(|order| order.launch);
            let planned = launch.as_ref().map(|launch| &launch.revision);
            found.push(Found {
                revision: status.revision().or(planned).cloned(),
                preview: launch.as_ref().map(|launch| launch.preview),
                service: launch.map(|launch| launch.service),
                seen: Seen::ByName(status),
                resource,
            });
        }
        let installation = self.installation;
        let tagged = spawn_blocking(move || processes::tagged(installation))
            .await
            .map_err(|error| ProcessError::Listing(error.into()))??;
        found.extend(tagged.into_iter().map(|process| Found {
            resource: process.tags.resource,
            preview: Some(process.tags.preview),
            service: Some(process.tags.service),
            revision: Some(process.tags.revision),
            seen: Seen::ByTag {
                pid: process.pid,
                role: process.tags.role,
            },
        }));
        Ok(found)
    }

    /// The names of the folders, sorted. What is not a resource's name is not ours.
    pub(super) fn names(&self) -> Result<Vec<ResourceName>, ProcessError> {
        let failed = || ProcessError::file("list", &self.folder);
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(failed())? {
            let entry = entry.map_err(failed())?;
            let name = entry
                .file_name()
                .to_str()
                .and_then(|name| name.parse().ok());
            if let Some(name) = name.filter(|_| entry.path().is_dir()) {
                names.push(name);
            }
        }
        names.sort_unstable();
        Ok(names)
    }
}
