"""What runs on the instance: an object and a volume, through S3 and EC2, to which it leaves the encrypting.

Then the key of S3, directly.

python use_services.py INSTANCE-ID TEXT
"""

import json
import sys

import boto3
from botocore.exceptions import ClientError

instance_id, text = sys.argv[1:]
s3, ec2, kms = boto3.client("s3"), boto3.client("ec2"), boto3.client("kms")

s3.create_bucket(Bucket="figures")
s3.put_object(Bucket="figures", Key="q3.txt", Body=text.encode(), ServerSideEncryption="aws:kms")
found = s3.get_object(Bucket="figures", Key="q3.txt")

volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=1, Encrypted=True)
ec2.attach_volume(VolumeId=volume["VolumeId"], InstanceId=instance_id, Device="/dev/sdf")

try:
    kms.generate_data_key(KeyId="alias/aws/s3", KeySpec="AES_256")
except ClientError as error:
    told = {"text": found["Body"].read().decode(), "key": found["SSEKMSKeyId"], "volume": volume["VolumeId"]}
    print(json.dumps(told | {"refused": error.response["ResponseMetadata"]["RequestId"]}))
else:
    sys.exit("the managed key of S3 was used directly")
