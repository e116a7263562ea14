//! `madvise(2)` on what `/proc/self/smaps` shows to be unchanged, and glibc's `malloc_trim(3)`.

use std::path::Path;
use std::ptr;

use rustix::mm::{Advice, madvise};

/// Libraries that are never unloaded while the program runs, by the beginnings of their names.
const LIBRARIES: [&str; 3] = ["libc.so", "libm.so", "ld-linux"];

/// All threads take memory from one place: an agent's threads mostly wait, and a place for each costs more
/// than their waiting for each other. To be called before there are threads.
pub fn one_arena() {
    // SAFETY: sets a number of the allocator; no other thread runs yet.
    let _ = unsafe { libc::mallopt(libc::M_ARENA_MAX, 1) };
}

/// Gives back what can be.
pub fn give_back() {
    // SAFETY: gives free memory of the allocator to the system; safe beside other threads (malloc_trim(3)).
    let _ = unsafe { libc::malloc_trim(0) };
    let (Ok(program), Ok(maps)) = (
        std::env::current_exe(),
        std::fs::read_to_string("/proc/self/smaps"),
    ) else {
        return;
    };
    for (start, len) in unchanged(&maps, &program) {
        // SAFETY: a private mapping of the program's file or of a library that is never unloaded, which
        // cannot be written to and holds no page of its own: what is read there later is the same bytes of
        // the same file.
        let _ = unsafe {
            madvise(
                ptr::with_exposed_provenance_mut(start),
                len,
                Advice::LinuxDontNeed,
            )
        };
    }
}

/// Where the mappings of the program and its libraries begin and how long they are that cannot be written
/// to and hold no page of their own. Relocated constants do: they are left.
fn unchanged(maps: &str, program: &Path) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut mapping = None;
    for line in maps.lines() {
        match line.split_once(':') {
            Some(("Anonymous", size)) if size.trim() == "0 kB" => found.extend(mapping.take()),
            Some((key, _))
                if key
                    .chars()
                    .all(|letter| letter.is_ascii_alphabetic() || letter == '_') => {}
            _ => mapping = head(line, program),
        }
    }
    found
}

/// `7f00-8f00 r-xp 00001000 fe:00 1234 /usr/bin/program`
fn head(line: &str, program: &Path) -> Option<(usize, usize)> {
    let mut words = line.split_whitespace();
    let (from, to) = words.next()?.split_once('-')?;
    let rights = words.next()?;
    let path = Path::new(words.nth(3)?);
    let is_library = path
        .file_name()
        .and_then(|name| name.to_str())
        .is_some_and(|name| LIBRARIES.iter().any(|known| name.starts_with(known)));
    if !matches!(rights, "r-xp" | "r--p") || !(path == program || is_library) {
        return None;
    }
    let from = usize::from_str_radix(from, 16).ok()?;
    let len = usize::from_str_radix(to, 16).ok()?.checked_sub(from)?;
    Some((from, len))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAPS: &str = "\
10000-20000 r--p 00000000 fe:00 7 /usr/bin/agent
Size:                 64 kB
Anonymous:             0 kB
VmFlags: rd mr mw me
20000-50000 r-xp 00010000 fe:00 7 /usr/bin/agent
Anonymous:             0 kB
50000-60000 r--p 00040000 fe:00 7 /usr/bin/agent
Anonymous:            64 kB
60000-70000 rw-p 00050000 fe:00 7 /usr/bin/agent
Anonymous:             0 kB
70000-80000 rw-p 00000000 00:00 0 [heap]
Anonymous:             0 kB
80000-90000 r-xp 00000000 fe:00 8 /lib/libc.so.6
Anonymous:             0 kB
90000-a0000 r-xp 00000000 fe:00 9 /lib/libnss_x.so.2
Anonymous:             0 kB
a0000-b0000 r-xp 00000000 00:00 0 [vdso]
Anonymous:             0 kB
";

    #[test]
    fn only_what_is_as_its_file_is_given_back() {
        assert_eq!(
            unchanged(MAPS, Path::new("/usr/bin/agent")),
            [(0x10000, 0x10000), (0x20000, 0x30000), (0x80000, 0x10000)]
        );
        assert_eq!(unchanged("", Path::new("/usr/bin/agent")), []);
        assert_eq!(unchanged("nonsense\n-: -\nAnonymous:", Path::new("/a")), []);
    }

    #[test]
    fn the_program_goes_on_as_before() {
        const TEXT: &str = "constants are where they were";
        let words: Vec<String> = (0..100).map(|n| format!("{TEXT} {n}")).collect();
        for _ in 0..3 {
            give_back();
            assert!(words.iter().all(|word| word.starts_with(TEXT)));
            assert_eq!(words[99].len(), TEXT.len() + 3);
        }
        let maps = std::fs::read_to_string("/proc/self/smaps").unwrap();
        assert!(!unchanged(&maps, &std::env::current_exe().unwrap()).is_empty());
    }
}
