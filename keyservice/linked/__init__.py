"""For services that call AWS KMS on behalf of their callers: boto3 clients that act for whoever has called the service.

    ec2 = LinkedService(name="ec2.amazonaws.com", endpoint="http://127.0.0.1:8480", region="us-east-1",
                        access_key_id="AKIA…", secret_access_key="…")

    def create_volume(request):                        # what the service's web framework hands in
        session = ec2.on_behalf_of(CallerRequest(...))  # ForwardingError: the caller is not who it says
        kms = session.client("kms")
        kms.generate_data_key(KeyId="alias/aws/ebs", KeySpec="AES_256")   # as session.caller, via EC2

    ec2.client("kms", source_arn="arn:aws:ec2:…:volume/vol-1")            # as ec2.amazonaws.com itself

The service is registered in the identities file under `services`, which gives it its access keys. How a caller is
passed on, and why nobody else can claim to be: the module `keyservice.auth.forward_access`.
"""

from keyservice.linked.client import ForwardAccessSession, ForwardedCaller, ForwardingError, LinkedService
from keyservice.linked.request import CallerRequest

__all__ = ["CallerRequest", "ForwardAccessSession", "ForwardedCaller", "ForwardingError", "LinkedService"]
