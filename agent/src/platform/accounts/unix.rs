//! `getpwnam_r`, behind which the C library asks whatever this computer is set up to ask.

use std::ffi::{CStr, CString, OsStr};
use std::io;
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::ptr;

use super::{Account, AccountError, Owner};

/// An entry is some hundred bytes; directory services make longer ones.
const FIRST_BUFFER: usize = 4096;
const LARGEST_BUFFER: usize = 1 << 20;

pub(super) fn find(name: &str) -> Result<Account, AccountError> {
    let unknown = || AccountError::Unknown(name.to_owned());
    let c_name = CString::new(name).map_err(|_| unknown())?;
    let mut buffer: Vec<libc::c_char> = vec![0; FIRST_BUFFER];
    loop {
        let mut entry = MaybeUninit::<libc::passwd>::uninit();
        let mut found = ptr::null_mut();
        // SAFETY: the name ends with a zero; `entry`, `buffer` (of the length given) and `found`
        // are ours and outlive the call.
        let code = unsafe {
            libc::getpwnam_r(
                c_name.as_ptr(),
                entry.as_mut_ptr(),
                buffer.as_mut_ptr(),
                buffer.len(),
                &mut found,
            )
        };
        match code {
            0 if found.is_null() => return Err(unknown()),
            0 => {
                // SAFETY: a result that is not null points at `entry`, which the call has filled.
                let entry = unsafe { entry.assume_init() };
                if entry.pw_dir.is_null() {
                    return Err(unknown());
                }
                // SAFETY: the home is a C string inside `buffer`, which nothing has changed since.
                let home = unsafe { CStr::from_ptr(entry.pw_dir) };
                return Ok(Account {
                    name: name.to_owned(),
                    owner: Owner(entry.pw_uid),
                    home: PathBuf::from(OsStr::from_bytes(home.to_bytes())),
                });
            }
            libc::ERANGE if buffer.len() < LARGEST_BUFFER => {
                let longer = buffer.len() * 2;
                buffer.resize(longer, 0);
            }
            libc::EINTR => {}
            // Some account services say so instead of finding nothing.
            libc::ENOENT | libc::ESRCH => return Err(unknown()),
            code => return Err(io::Error::from_raw_os_error(code).into()),
        }
    }
}

pub(super) fn exists(owner: Owner) -> Result<bool, AccountError> {
    let mut buffer: Vec<libc::c_char> = vec![0; FIRST_BUFFER];
    loop {
        let mut entry = MaybeUninit::<libc::passwd>::uninit();
        let mut found = ptr::null_mut();
        // SAFETY: `entry`, `buffer` (of the length given) and `found` are ours and outlive the call.
        let code = unsafe {
            libc::getpwuid_r(
                owner.0,
                entry.as_mut_ptr(),
                buffer.as_mut_ptr(),
                buffer.len(),
                &mut found,
            )
        };
        match code {
            0 => return Ok(!found.is_null()),
            libc::ERANGE if buffer.len() < LARGEST_BUFFER => {
                let longer = buffer.len() * 2;
                buffer.resize(longer, 0);
            }
            libc::EINTR => {}
            // Some account services say so instead of finding nothing.
            libc::ENOENT | libc::ESRCH => return Ok(false),
            code => return Err(io::Error::from_raw_os_error(code).into()),
        }
    }
}
