//! The files of the sources, found without git: what is hidden, what a build made and what a `.gitignore` names is
//! left out.

use std::path::{Path, PathBuf};

/// Every file of this folder and of those in it, relative to it, in order.
pub(crate) fn below(root: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![(PathBuf::new(), Vec::<String>::new())];
    while let Some((folder, mut rules)) = folders.pop() {
        let place = root.join(&folder);
        // Cargo marks the folders that it builds in.
        if place.join("CACHEDIR.TAG").exists() {
            continue;
        }
        let listed = std::fs::read_to_string(place.join(".gitignore")).unwrap_or_default();
        let (here, everywhere): (Vec<&str>, Vec<&str>) = listed
            .lines()
            .map(|line| line.trim().trim_end_matches('/'))
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .partition(|line| line.starts_with('/'));
        rules.extend(everywhere.into_iter().map(str::to_owned));
        let entries =
            std::fs::read_dir(&place).unwrap_or_else(|error| panic!("{}: {error}", place.display()));
        for entry in entries.map_while(Result::ok) {
            let name = entry.file_name().to_string_lossy().into_owned();
            let is_left_out = name.starts_with('.')
                || here.iter().any(|rule| rule[1..] == name)
                || rules.iter().any(|rule| is_meant(rule, &name));
            // Links are not followed: what they lead to is elsewhere, or is found there.
            let Ok(kind) = entry.file_type() else { continue };
            if !is_left_out && kind.is_dir() {
                folders.push((folder.join(name), rules.clone()));
            } else if !is_left_out && kind.is_file() {
                files.push(folder.join(name));
            }
        }
    }
    files.sort();
    files
}

/// Whether a line of a `.gitignore` means this name: it is the name, or `*` and how the name ends.
fn is_meant(rule: &str, name: &str) -> bool {
    rule.strip_prefix('*').map_or(rule == name, |ending| name.ends_with(ending))
}
