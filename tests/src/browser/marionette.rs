//! Marionette: on loopback, messages `LENGTH:JSON`, commands `[0, id, name, parameters]`, answers
//! `[1, id, error, result]`.

use std::io::{BufReader, Read, Write};
use std::net::TcpStream;

use anyhow::{Context, bail};
use serde_json::{Value, json};

use crate::wait::PATIENCE;

const LONGEST: usize = 64 << 20;

/// Our end of the connection.
#[derive(Debug)]
pub(super) struct Marionette {
    stream: BufReader<TcpStream>,
    last: u64,
}

impl Marionette {
    /// Connects and opens a session.
    pub(super) fn connect(port: u16) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        let mut marionette = Self {
            stream: BufReader::new(stream),
            last: 0,
        };
        let greeting = marionette.read()?;
        if greeting["marionetteProtocol"] != 3 {
            bail!("Firefox speaks another Marionette: {greeting}");
        }
        let wanted = json!({ "acceptInsecureCerts": true });
        marionette.ask("WebDriver:NewSession", &wanted)?;
        Ok(marionette)
    }

    /// Asks and waits for the answer.
    pub(super) fn ask(&mut self, command: &str, parameters: &Value) -> anyhow::Result<Value> {
        self.last += 1;
        let message = json!([0, self.last, command, parameters]).to_string();
        write!(self.stream.get_mut(), "{}:{message}", message.len())?;
        let mut answer = self
            .read()
            .with_context(|| format!("Firefox does not answer {command}"))?;
        if answer[1] != self.last {
            bail!("Firefox answers something else: {answer}");
        }
        if !answer[2].is_null() {
            bail!("Firefox refused {command}: {}", answer[2]);
        }
        Ok(answer[3].take())
    }

    fn read(&mut self) -> anyhow::Result<Value> {
        let mut length = 0_usize;
        loop {
            let mut byte = [0];
            self.stream.read_exact(&mut byte)?;
            match byte[0] {
                b':' => break,
                digit @ b'0'..=b'9' if length < LONGEST => {
                    length = length * 10 + usize::from(digit - b'0');
                }
                _ => bail!("Firefox sent no message of Marionette"),
            }
        }
        let mut message = vec![0; length];
        self.stream.read_exact(&mut message)?;
        Ok(serde_json::from_slice(&message)?)
    }
}
