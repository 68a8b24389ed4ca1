# Two policies, because many processes only read. Both name the key's ARN: a policy cannot name an alias, and one for
# every key would let a forged ciphertext choose the key that opens it.

data "aws_iam_policy_document" "encrypt" {
  statement {
    sid       = "WrapNewDataKeys"
    effect    = "Allow"
    actions   = ["kms:GenerateDataKey"]
    resources = [aws_kms_key.this.arn]
  }
}

data "aws_iam_policy_document" "decrypt" {
  statement {
    sid       = "UnwrapDataKeys"
    effect    = "Allow"
    actions   = ["kms:Decrypt"]
    resources = [aws_kms_key.this.arn]
  }
}

resource "aws_iam_policy" "encrypt" {
  name        = "${var.name}-encrypt"
  description = "For processes that write encrypted columns"
  policy      = data.aws_iam_policy_document.encrypt.json
}

resource "aws_iam_policy" "decrypt" {
  name        = "${var.name}-decrypt"
  description = "For processes that read encrypted columns"
  policy      = data.aws_iam_policy_document.decrypt.json
}
