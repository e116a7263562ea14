//! What a copy of the store gives away: no name beside what was done, no text without the keys, and no token twice.

use super::*;

#[test]
fn a_token_opens_once_and_says_why_not() {
    let fixture = Fixture::new(None);
    let (hash, person) = (Hash::of(b"secret"), fixture.person.clone());
    let grant = Grant {
        person,
        accounts: vec!["alex".to_owned()],
    };
    fixture
        .store
        .write_blocking("token", move |tx| -> Result<(), StoreError> {
            tokens::put(tx, &hash, &grant, 100)?;
            assert_eq!(
                tokens::take(tx, &Hash::of(b"other"), 1)?.unwrap_err(),
                Spent::Unknown
            );
            assert_eq!(tokens::take(tx, &hash, 100)?.unwrap_err(), Spent::Expired);
            assert_eq!(tokens::take(tx, &hash, 99)?.unwrap().accounts, ["alex"]);
            assert_eq!(tokens::take(tx, &hash, 99)?.unwrap_err(), Spent::Used);
            Ok(())
        })
        .unwrap();
}

#[test]
fn names_stand_in_the_register_only() {
    let fixture = Fixture::new(None);
    fixture.store.close();
    let holders = look(&fixture.store, |read| {
        let tables = read.query(
            "SELECT name FROM sqlite_master WHERE sql LIKE '%name TEXT%' OR sql LIKE '%host TEXT%' \
             OR sql LIKE '%note TEXT%' ORDER BY name",
            &[],
            |row| row.text(0),
        )?;
        Ok(tables)
    });
    // Beside the register: staff, whom they disclosed something to, and what tokens, passkeys and files are
    // called. Nothing of these says what a person did.
    let others = ["api_token", "document", "extract", "passkey", "staff"];
    let mut holders = holders.unwrap();
    holders.retain(|table| !others.contains(&table.as_str()));
    assert_eq!(holders, ["register", "register_device"]);
}

#[test]
fn a_copy_of_the_store_without_the_keys_has_nothing_that_people_did() {
    const DID: &[u8] = b"a very particular page";
    let fixture = Fixture::new(None);
    fixture.append(0, DID.to_vec()).unwrap();
    let (device, person) = (fixture.device, fixture.person.clone());
    let quoted = format!("[{:?}]", String::from_utf8_lossy(DID));
    let mut found = finding(device, &person, Proof::Proven);
    found.matched.clone_from(&quoted);
    let mut told = Incident {
        device,
        person: person.clone(),
        at: 5,
        kind: IncidentKind::Fork,
        detail: "Two histories".to_owned(),
        bytes: Some(DID.to_vec()),
    };
    let incident = told.clone();
    let wrote = fixture.store.write_blocking("seal", move |tx| {
        findings::put(tx, &found, &[])?;
        incidents::put(tx, &incident, None)?;
        judged::set_state(tx, device, "e", DID)?;
        Ok::<_, StoreError>(())
    });
    wrote.unwrap();
    let holds = || on_disk(&fixture).windows(DID.len()).any(|part| part == DID);
    assert!(!holds());
    let whole = |read: &Read<'_>| {
        let report = reports::get(read, device, 0)?.unwrap();
        let finding = findings::get(read, FindingId([4; 16]))?.unwrap();
        let incidents = incidents::of_person(read, &person)?;
        Ok((report.bytes, finding.matched, incidents))
    };
    assert_eq!(
        look(&fixture.store, whole).unwrap(),
        (DID.to_vec(), quoted.clone(), vec![told.clone()])
    );
    let state = |read: &Read<'_>| judged::state(read, device, 10, "e");
    assert_eq!(
        look(&fixture.store, state).unwrap(),
        judged::Kept::State(DID.to_vec())
    );

    // Under another key all is as it was, and the judge's state is made again.
    let whose = person.clone();
    let rotated = fixture.store.write_blocking("rotate", move |tx| {
        Ok::<_, StoreError>(sealed::rotate(tx, &whose)?)
    });
    rotated.unwrap();
    let keys = fixture.dir.path().join("person-keys");
    let vault = vault::Vault::beside(&fixture.path());
    vault.destroy_others(&person, 2).unwrap();
    assert_eq!(std::fs::read_dir(&keys).unwrap().count(), 1);
    fixture.store.close();
    let store = Store::open(&fixture.path()).unwrap();
    assert_eq!(
        look(&store, whole).unwrap(),
        (DID.to_vec(), quoted, vec![told.clone()])
    );
    assert_eq!(look(&store, state).unwrap(), judged::Kept::Nothing);
    assert!(!holds());

    // Bytes that were changed are given to whoever reads them, who says what is wrong.
    let bent = store.write_blocking("bend", |tx| {
        let bytes = tx.first("SELECT bytes FROM report", &[], |row| row.bytes(0))?;
        let mut bytes = bytes.unwrap();
        bytes.push(0);
        tx.execute("UPDATE report SET bytes = $1", &[(&bytes).into()])?;
        Ok::<_, StoreError>(())
    });
    bent.unwrap();
    let bytes = look(&store, |read| {
        Ok(reports::get(read, device, 0)?.unwrap().bytes)
    });
    assert!(bytes.unwrap().starts_with(b"PVSK"));

    // Without the key nothing is read, nothing is sealed, and no other key takes its place.
    store.close();
    std::fs::remove_dir_all(&keys).unwrap();
    let store = Store::open(&fixture.path()).unwrap();
    let missing = look(&store, whole).unwrap_err().to_string();
    assert!(
        missing.contains("person-keys: restore that folder from its own backup"),
        "{missing}"
    );
    told.detail.push('!');
    told.bytes = Some(b"more".to_vec());
    let refused = store.write_blocking("seal", move |tx| {
        Ok::<_, StoreError>(incidents::put(tx, &told, None)?)
    });
    assert!(refused.unwrap_err().to_string().contains("is missing"));
    assert!(!keys.exists());
}

/// The bytes of the store's file and of what lies beside it.
fn on_disk(fixture: &Fixture) -> Vec<u8> {
    let files = std::fs::read_dir(fixture.dir.path()).unwrap();
    let files = files.map(|entry| entry.unwrap().path());
    files
        .filter(|path| path.is_file())
        .flat_map(|path| std::fs::read(path).unwrap())
        .collect()
}
