"""boto3 clients for the bench, and putting files into buckets."""

import json
from concurrent.futures import ThreadPoolExecutor

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config

from rig.servers import ACCESS_KEY, REGION, SECRET_KEY


def connect(url, *, access_key=ACCESS_KEY, secret_key=SECRET_KEY, token=None, retries=0, **config):
    """An S3 client for `url`, path style; the key comes from here, not from the environment."""
    settings = Config(
        s3={"addressing_style": "path"},
        retries={"total_max_attempts": retries + 1},
        max_pool_connections=128,
        **config,
    )
    session = boto3.session.Session(
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        aws_session_token=token,
        region_name=REGION,
    )
    return session.client("s3", endpoint_url=url, config=settings, use_ssl=url.startswith("https:"))


def make_public(client, bucket):
    """Lets anyone read and list the bucket, for peers that do not sign."""
    allow = {"Effect": "Allow", "Principal": "*"}
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {**allow, "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"},
            {**allow, "Action": "s3:ListBucket", "Resource": f"arn:aws:s3:::{bucket}"},
        ],
    }
    client.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))


def upload(client, bucket, files):
    """Creates the bucket and puts `files` ({key: path}) into it, whole or in parts, several at a time."""
    client.create_bucket(Bucket=bucket)
    transfer = TransferConfig(multipart_threshold=64 << 20, multipart_chunksize=64 << 20, max_concurrency=2)

    def put(item):
        key, path = item
        client.upload_file(str(path), bucket, key, Config=transfer)

    with ThreadPoolExecutor(max_workers=4) as pool:
        list(pool.map(put, files.items()))


def empty(client):
    """Deletes all buckets, whatever is in them."""
    for bucket in client.list_buckets()["Buckets"]:
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket["Name"]):
            keys = [{"Key": entry["Key"]} for entry in page.get("Contents", [])]
            if keys:
                client.delete_objects(Bucket=bucket["Name"], Delete={"Objects": keys})
        client.delete_bucket(Bucket=bucket["Name"])
